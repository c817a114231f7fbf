{{ stage('dm') }}
