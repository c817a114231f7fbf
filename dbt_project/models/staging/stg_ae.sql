{{ stage('ae') }}
