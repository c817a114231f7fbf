{{ stage('signature') }}
