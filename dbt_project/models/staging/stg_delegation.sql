{{ stage('delegation') }}
